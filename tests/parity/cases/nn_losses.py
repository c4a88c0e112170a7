from parity import between, case, uniform

# Losses as values with options, where these do more than pass on an operation's; and those that are made of several operations.
LABELS = "torch.tensor([2, 0, 3])"
WEIGHTS = "torch.tensor([0.5, 2, 1, 0.25], dtype=x.dtype)"
SIGNS = "torch.tensor([1, -1, -1, 1])"

CASES = [
    case("huber: sum", "F.huber_loss(x, t, reduction='sum', delta=0.5)", x=uniform(3, 4), t=uniform(3, 4)),
    case("smooth_l1: none", "F.smooth_l1_loss(x, t, reduction='none', beta=0.5)", x=uniform(3, 4), t=uniform(3, 4)),
    case("bce: weight, sum", "F.binary_cross_entropy(x, t, torch.tensor([0.5, 2, 1], dtype=x.dtype), reduction='sum')",
         x=between(0.1, 0.9, 2, 3), t=between(0.1, 0.9, 2, 3)),
    case("bce_with_logits: pos_weight, sum",
         "F.binary_cross_entropy_with_logits(x, t, pos_weight=torch.tensor([0.5, 2, 3], dtype=x.dtype), reduction='sum')", x=uniform(2, 3),
         t=between(0.1, 0.9, 2, 3)),
    case("kl_div: batch mean", "F.kl_div(x, t, reduction='batchmean')", x=uniform(4, 3), t=between(0.1, 1, 4, 3)),
    case("kl_div: logarithms", "F.kl_div(x, t, log_target=True)", x=uniform(4, 3), t=uniform(4, 3)),
    case("kl_div: logarithms, sum", "F.kl_div(x, t, log_target=True, reduction='sum')", x=uniform(4, 3), t=uniform(4, 3)),
    case("kl_div: logarithms, none", "F.kl_div(x, t, log_target=True, reduction='none')", x=uniform(4, 3), t=uniform(4, 3)),
    case("kl_div: logarithms, batch mean", "F.kl_div(x, t, log_target=True, reduction='batchmean')", x=uniform(4, 3), t=uniform(4, 3)),
    case("cross_entropy: all options",
         f"F.cross_entropy(x, {LABELS}, {WEIGHTS}, ignore_index=0, label_smoothing=0.2, reduction='sum')", x=uniform(3, 4)),
    case("cross_entropy: targets, all options", f"F.cross_entropy(x, t, {WEIGHTS}, label_smoothing=0.2, reduction='none')",
         x=uniform(3, 4), t=between(0.1, 0.9, 3, 4)),
    case("nll: all options", f"F.nll_loss(x, {LABELS}, {WEIGHTS}, ignore_index=3, reduction='none')", x=uniform(3, 4)),
    case("hinge", "F.relu(1 - x * torch.tensor([[1, -1, 1], [-1, -1, 1]])).mean()", x=uniform(2, 3)),
    case("multi_margin", f"F.multi_margin_loss(x, {LABELS})", x=uniform(3, 4)),
    case("multi_margin: squares, sum", f"F.multi_margin_loss(x, {LABELS}, p=2, margin=0.5, reduction='sum')", x=uniform(3, 4)),
    case("multi_margin: none", f"F.multi_margin_loss(x, {LABELS}, reduction='none')", x=uniform(3, 4)),
    case("cosine_embedding", f"F.cosine_embedding_loss(x, y, {SIGNS})", x=uniform(4, 3), y=uniform(4, 3)),
    case("cosine_embedding: margin, sum", f"F.cosine_embedding_loss(x, y, {SIGNS}, margin=-0.5, reduction='sum')", x=uniform(4, 3),
         y=uniform(4, 3)),
    case("cosine_embedding: none", f"F.cosine_embedding_loss(x, y, {SIGNS}, margin=0.2, reduction='none')", x=uniform(4, 3),
         y=uniform(4, 3)),
    case("cosine_embedding: one pair", "F.cosine_embedding_loss(x, y, torch.tensor(1))", x=uniform(3), y=uniform(3)),
]
