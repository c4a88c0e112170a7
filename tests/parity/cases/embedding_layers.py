from parity import layer_case

CASES = [
    layer_case("Embedding", "torch.nn.Embedding(5, 3)", "m(torch.tensor([[4, 0, 1], [1, 1, 3]]))"),
    layer_case("Embedding: padding", "torch.nn.Embedding(4, 2, padding_idx=1)", "m(torch.tensor([3, 1, 1, 0, 3]))"),
    layer_case("Embedding: evaluation", "torch.nn.Embedding(3, 2)", "m(torch.tensor(2))", train=False),
]
