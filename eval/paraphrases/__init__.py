"""Writing the paraphrases that passages are indexed with, by a language model."""
