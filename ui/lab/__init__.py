"""The pages Inside the models and Test on my pictures: comparison, data sets, search, tests, imported models."""
