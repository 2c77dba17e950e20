"""Party dues: the bands, a branch's month, arrears, statements."""
