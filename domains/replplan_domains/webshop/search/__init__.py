"""Search as Lucene does it: the same words, the same scores, the same ties."""
