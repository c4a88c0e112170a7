from parity import between, case, mask, uniform, values

CASES = [
    case("mse_loss", "F.mse_loss(x, t)", x=uniform(2, 3), t=uniform(2, 3)),
    case("mse_loss: none", "F.mse_loss(x, t, reduction='none')", x=uniform(2, 3), t=uniform(2, 3)),
    case("l1_loss", "F.l1_loss(x, t)", x=uniform(2, 3), t=uniform(2, 3)),
    case("l1_loss: equal", "F.l1_loss(x, t, reduction='sum')", x=values([1, 2, 3]), t=values([1, 3, 2])),
    case("huber_loss", "F.huber_loss(x, t, delta=0.5)", x=uniform(3, 4), t=uniform(3, 4)),
    case("huber_loss: sum", "F.huber_loss(x, t, reduction='sum')", x=uniform(3, 4), t=uniform(3, 4)),
    case("smooth_l1_loss", "F.smooth_l1_loss(x, t, beta=0.5)", x=uniform(3, 4), t=uniform(3, 4)),
    case("smooth_l1_loss: beta 0", "F.smooth_l1_loss(x, t, beta=0.0)", x=uniform(3), t=uniform(3)),
    case("bce_loss", "F.binary_cross_entropy(x, t)", x=between(0.1, 0.9, 3, 4), t=between(0, 1, 3, 4)),
    case("bce_loss: weight, none", "F.binary_cross_entropy(x, t, torch.tensor([0.5, 2, 1], dtype=x.dtype), reduction='none')",
         x=between(0.1, 0.9, 2, 3), t=mask(2, 3)),
    case("bce_loss: 0 and 1", "F.binary_cross_entropy(x, t, reduction='none')", x=values([0, 0, 1, 1]), t=values([0, 1, 0, 1])),
    case("bce_with_logits", "F.binary_cross_entropy_with_logits(x, t)", x=uniform(3, 4), t=between(0, 1, 3, 4)),
    case("bce_with_logits: weight, pos_weight",
         "F.binary_cross_entropy_with_logits(x, t, torch.tensor([[0.5], [2]], dtype=x.dtype), "
         "pos_weight=torch.tensor([0.5, 2, 3], dtype=x.dtype))", x=uniform(2, 3), t=between(0, 1, 2, 3)),
    case("bce_with_logits: far, none", "F.binary_cross_entropy_with_logits(x, t, reduction='none')", x=values([1e4, -1e4, 1e4, -1e4, 0]),
         t=values([1, 1, 0, 0, 1])),
    case("kl_div_loss", "F.kl_div(x, t)", x=uniform(2, 3), t=between(0.1, 1, 2, 3)),
    case("kl_div_loss: sum", "F.kl_div(x, t, reduction='sum')", x=uniform(2, 3), t=between(0.1, 1, 2, 3)),
]
