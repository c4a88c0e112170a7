from parity import case, positive, uniform

CASES = [
    case("layer_norm", "F.layer_norm(x, (4,), w, b)", x=uniform(3, 4), w=uniform(4), b=uniform(4)),
    case("layer_norm: two axes, no bias", "F.layer_norm(x, (3, 2), w, None, 1e-3)", x=uniform(2, 3, 2), w=uniform(3, 2)),
    case("layer_norm: alone", "F.layer_norm(x, (5,))", x=uniform(2, 5)),
    case("group_norm", "F.group_norm(x, 2, w, b)", x=uniform(2, 4, 3), w=uniform(4), b=uniform(4)),
    case("group_norm: each channel alone", "F.group_norm(x, 2, eps=1e-3)", x=uniform(2, 2, 2, 3)),
    case("group_norm: all channels, no bias", "F.group_norm(x, 1, w)", x=uniform(2, 4), w=uniform(4)),
    case("batch_norm", "F.batch_norm(x, None, None, w, b, True)", x=uniform(5, 3), w=uniform(3), b=uniform(3)),
    case("batch_norm: a further axis", "F.batch_norm(x, None, None, w, b, True, 0.1, 1e-3)", x=uniform(2, 3, 4), w=uniform(3),
         b=uniform(3)),
    case("batch_norm: images, alone", "F.batch_norm(x, None, None, None, None, True)", x=uniform(2, 2, 3, 2)),
    case("batch_norm_inference", "F.batch_norm(x, m.detach(), v.detach(), w, b)", x=uniform(2, 3, 4), m=uniform(3), v=positive(3), w=uniform(3),
         b=uniform(3)),
    case("batch_norm_inference: statistics differentiated", "(x - m) / torch.sqrt(v + 1e-5) * w", x=uniform(4, 3), m=uniform(3),
         v=positive(3), w=uniform(3)),
]
