"""A campaign over real files: Les Houches event files in, a table and histograms out."""
