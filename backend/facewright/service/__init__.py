"""The wire: a gRPC server around the pipelines."""
