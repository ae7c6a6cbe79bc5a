"""Whether the providers still answer in the shapes that are known of them."""
