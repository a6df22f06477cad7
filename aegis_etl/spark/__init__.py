"""The rebuild on Spark: a bucket of datasets a task; never imported unless it is asked for."""
