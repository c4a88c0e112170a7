from parity import layer_case, uniform

# y and the last state, and of an LSTM both parts of that.
WITH_STATE = "torch.cat([t.flatten() for t in m(x, h)])"
WITH_CELLS = "torch.cat([t.flatten() for t in (lambda y, s: (y, *s))(*m(x, (h, c)))])"

CASES = [
    layer_case("RNN", "torch.nn.RNN(3, 4, batch_first=True)", "m(x)[0]", x=uniform(2, 5, 3)),
    layer_case("RNN: relu", "torch.nn.RNN(3, 4, nonlinearity='relu', batch_first=True)", WITH_STATE, x=uniform(2, 4, 3), h=uniform(1, 2, 4)),
    layer_case("RNN: two layers, both directions", "torch.nn.RNN(2, 3, num_layers=2, bidirectional=True, batch_first=True)", WITH_STATE,
               x=uniform(2, 3, 2), h=uniform(4, 2, 3)),
    layer_case("GRU", "torch.nn.GRU(3, 4, batch_first=True)", "m(x)[0]", x=uniform(2, 5, 3)),
    layer_case("GRU: no bias", "torch.nn.GRU(2, 3, bias=False, batch_first=True)", WITH_STATE, x=uniform(3, 4, 2), h=uniform(1, 3, 3)),
    layer_case("GRU: two layers, both directions", "torch.nn.GRU(2, 3, num_layers=2, bidirectional=True, batch_first=True)", WITH_STATE,
               x=uniform(2, 3, 2), h=uniform(4, 2, 3)),
    layer_case("GRU: evaluation", "torch.nn.GRU(2, 3, num_layers=2, dropout=0.5, batch_first=True)", "m(x)[0]", train=False,
               x=uniform(2, 3, 2)),
    layer_case("LSTM", "torch.nn.LSTM(3, 4, batch_first=True)", "m(x)[0]", x=uniform(2, 5, 3)),
    layer_case("LSTM: no bias", "torch.nn.LSTM(2, 3, bias=False, batch_first=True)", WITH_CELLS, x=uniform(3, 4, 2), h=uniform(1, 3, 3),
               c=uniform(1, 3, 3)),
    layer_case("LSTM: two layers, both directions", "torch.nn.LSTM(2, 3, num_layers=2, bidirectional=True, batch_first=True)", WITH_CELLS,
               x=uniform(2, 3, 2), h=uniform(4, 2, 3), c=uniform(4, 2, 3)),
    layer_case("LSTM: evaluation", "torch.nn.LSTM(2, 3, num_layers=3, dropout=0.5, batch_first=True)", "m(x)[0]", train=False,
               x=uniform(2, 3, 2)),
]
