from parity import layer_case, uniform

# The result and the mean of the weights over heads.
BOTH = "torch.cat([t.flatten() for t in m({})])"
QKV = {"q": uniform(2, 3, 4), "k": uniform(2, 5, 4), "v": uniform(2, 5, 4)}
PADDING = "torch.tensor([[False, False, True, False, True], [False, False, False, False, False]])"
CAUSAL = "torch.triu(torch.full((3, 3), float('-inf'), dtype=x.dtype), 1)"

CASES = [
    layer_case("MultiheadAttention", "torch.nn.MultiheadAttention(4, 2, batch_first=True)", BOTH.format("q, k, v"), **QKV),
    layer_case("MultiheadAttention: of x to x", "torch.nn.MultiheadAttention(6, 3, batch_first=True)", BOTH.format("x, x, x"),
               x=uniform(2, 4, 6)),
    layer_case("MultiheadAttention: no bias", "torch.nn.MultiheadAttention(4, 1, bias=False, batch_first=True)", BOTH.format("q, k, v"),
               train=False, **QKV),
    layer_case("MultiheadAttention: causal", "torch.nn.MultiheadAttention(4, 2, batch_first=True)", f"m(x, x, x, attn_mask={CAUSAL})[0]",
               x=uniform(2, 3, 4)),
    layer_case("MultiheadAttention: mask and padding", "torch.nn.MultiheadAttention(4, 2, batch_first=True)",
               BOTH.format(f"q, k, v, attn_mask=mask, key_padding_mask={PADDING}"), mask=uniform(3, 5), **QKV),
    layer_case("MultiheadAttention: evaluation", "torch.nn.MultiheadAttention(4, 2, dropout=0.5, batch_first=True)", BOTH.format("q, k, v"),
               train=False, **QKV),
    layer_case("TransformerEncoderLayer", "torch.nn.TransformerEncoderLayer(4, 2, 6, dropout=0, batch_first=True)", x=uniform(2, 3, 4)),
    layer_case("TransformerEncoderLayer: normalising first, gelu",
               "torch.nn.TransformerEncoderLayer(4, 2, 6, dropout=0, activation='gelu', norm_first=True, batch_first=True)",
               x=uniform(2, 3, 4)),
    layer_case("TransformerEncoderLayer: causal and padding",
               "torch.nn.TransformerEncoderLayer(4, 1, 5, dropout=0, layer_norm_eps=1e-3, batch_first=True)",
               f"m(x, {CAUSAL}, torch.tensor([[False, True, False], [False, False, True]]))", x=uniform(2, 3, 4)),
    layer_case("TransformerEncoderLayer: evaluation", "torch.nn.TransformerEncoderLayer(4, 2, 6, batch_first=True)", train=False,
               x=uniform(2, 3, 4)),
]
