"""Single steps that models are made of; none knows another."""
