from parity import case, uniform

# PyTorch counts widths from the last axis and pads only the last axes of (N, C, ...) in these modes.
CASES = [
    case("pad", "F.pad(x, (1, 2, 0, 1), value=0.5)", x=uniform(2, 3)),
    case("pad: reflect", "F.pad(x, (2, 1), mode='reflect')", x=uniform(1, 2, 3)),
    case("pad: reflect in two axes", "F.pad(x, (1, 2, 2, 1), mode='reflect')", x=uniform(1, 1, 3, 3)),
    case("pad: edge", "F.pad(x, (1, 3, 2, 0), mode='replicate')", x=uniform(1, 1, 2, 3)),
    case("pad: circular", "F.pad(x, (1, 2), mode='circular')", x=uniform(1, 2, 3)),
]
