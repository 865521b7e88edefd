"""The records of all functions of the oracle, by the names that the registry has for them."""

from tests.reference import (
    records,
    records_games,
    records_inference,
    records_metrics,
    records_models,
    records_models_2,
    records_networks,
    records_objectives,
    records_samples,
    records_samples_2,
    records_samples_3,
)

# What a definition in many digits stands beside comes last, in place of a weaker record.
RECORDS = (
    records.RECORDS
    | records_objectives.RECORDS
    | records_metrics.RECORDS
    | records_games.RECORDS
    | records_inference.RECORDS
    | records_models.RECORDS
    | records_models_2.RECORDS
    | records_networks.RECORDS
    | records_samples.RECORDS
    | records_samples_2.RECORDS
    | records_samples_3.RECORDS
)
