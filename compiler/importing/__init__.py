"""What files say of registries, put together into one spec."""
