from parity import layer_case, uniform, values


def layer(module, name=None):
    return layer_case(name or module, f"torch.nn.{module}", x=uniform(3, 4))


CASES = [
    layer("Sigmoid()", "Sigmoid"),
    layer("Tanh()", "Tanh"),
    layer("ReLU()", "ReLU"),
    layer("SELU()", "SELU"),
    layer("SiLU()", "SiLU"),
    layer("Mish()", "Mish"),
    layer("LeakyReLU()", "LeakyReLU"),
    layer("LeakyReLU(0.2)", "LeakyReLU: 0.2"),
    layer("PReLU()", "PReLU"),
    layer("PReLU(4)", "PReLU: 4 channels"),
    layer_case("PReLU: channels of images", "torch.nn.PReLU(3)", x=uniform(2, 3, 2, 2)),
    layer("ELU()", "ELU"),
    layer("ELU(0.5)", "ELU: 0.5"),
    layer("GELU()", "GELU"),
    layer("GELU(approximate='tanh')", "GELU: approximate"),
    layer("Softplus()", "Softplus"),
    layer("Softplus(beta=2, threshold=1)", "Softplus: beta, threshold"),
    layer_case("Softplus: far", "torch.nn.Softplus()", x=values([-1000, -30, 30, 1000])),
    layer("Hardtanh()", "Hardtanh"),
    layer("Hardtanh(-0.5, 1.5)", "Hardtanh: bounds"),
    layer("Softmax(-1)", "Softmax"),
    layer("Softmax(0)", "Softmax: axis 0"),
    layer("LogSoftmax(-1)", "LogSoftmax"),
    layer_case("LogSoftmax: axis 1", "torch.nn.LogSoftmax(1)", x=uniform(2, 3, 4)),
]
