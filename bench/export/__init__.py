"""What a model that is run elsewhere needs of an experiment, as plain files."""
