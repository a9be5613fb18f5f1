"""What a person reads afterwards: tables, figures and the folder that explains a run."""
