from parity import case, uniform, values

INF = float("inf")

CASES = [
    case("var", "torch.var(x)", x=uniform(2, 3)),
    case("var: axes", "torch.var(x, (0, 2), unbiased=False, keepdim=True)", x=uniform(2, 3, 2)),
    case("var: large mean", "torch.var(x, 1)", x=values([[1000.0, 1001.0, 1003.0], [-500.0, -500.5, -502.0]])),
    case("std", "torch.std(x)", x=uniform(2, 3)),
    case("std: axis", "torch.std(x, 0, correction=0, keepdim=True)", x=uniform(4, 3)),
    case("std: no variance", "torch.std(x, 1)", x=values([[2.0, 2.0, 2.0], [1.0, 2.0, 4.0]])),
    case("norm", "torch.linalg.vector_norm(x)", x=uniform(2, 3)),
    case("norm: order 2 of rows", "torch.linalg.vector_norm(x, 2, 1)", x=values([[3.0, -4.0], [0.0, 0.0]])),
    case("norm: order 1", "torch.linalg.vector_norm(x, 1, (0, 2), keepdim=True)", x=uniform(2, 3, 2)),
    case("norm: order 1 at 0", "torch.linalg.vector_norm(x, 1)", x=values([0.0, -2.0, 3.0])),
    case("norm: order inf", "torch.linalg.vector_norm(x, float('inf'), 1)", x=values([[0.5, -1.5, 1.0], [2.0, 0.1, -1.0]])),
    case("norm: order inf, ties", "torch.linalg.vector_norm(x, float('inf'))", x=values([2.0, -2.0, 1.0, 2.0])),
    case("logsumexp", "torch.logsumexp(x, (0, 1))", x=uniform(2, 3)),
    case("logsumexp: axis", "torch.logsumexp(x, 1, keepdim=True)", x=uniform(2, 3, 2)),
    case("logsumexp: far from 0", "torch.logsumexp(x, 1)", x=values([[100.0, 101.0], [-100.0, -100.5], [-INF, 2.0]])),
]
