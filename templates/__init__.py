"""The skeletons that people recognise, with every value quoted by the compiler."""
