"""Answers given a second time: what is still good leaves as the bytes that it was, before anything is parsed."""
