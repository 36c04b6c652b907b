"""What comes of each image: where consumers pull it, and which mirror has it."""
