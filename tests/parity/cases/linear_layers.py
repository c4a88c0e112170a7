from parity import layer_case, uniform

CASES = [
    layer_case("Linear", "torch.nn.Linear(3, 4)", x=uniform(5, 3)),
    layer_case("Linear: no bias", "torch.nn.Linear(3, 2, bias=False)", x=uniform(2, 4, 3)),
    layer_case("Linear: one sample", "torch.nn.Linear(3, 2)", x=uniform(3)),
    layer_case("Sequential", "torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))", x=uniform(5, 3)),
    layer_case("Sequential: evaluation", "torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))",
               train=False, x=uniform(2, 3)),
    layer_case("Sequential: used twice", "torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Sigmoid())",
               call="m(x) + m(y)", x=uniform(4, 2), y=uniform(4, 2)),
]
