"""Makes this folder's checkpoint and golden.json: a family that the product does
not know, computed from its equations in float64. Needs numpy alone."""
import json, struct
import numpy as np

rng = np.random.default_rng(7)
W, H, KV, D, ROPE, FF, V, LAYERS, BLOCK, THETA, EPS = 48, 6, 2, 10, 6, 72, 67, 2, 5, 1e4, 1e-6
MASK, EOS = 66, 65


def bf16(x):
    u = x.astype(np.float32).view(np.uint32)
    return ((u + 0x7FFF + (u >> 16 & 1)) >> 16).astype(np.uint16)


weights = {}


def tensor(name, *shape, mean=0.0, sd=0.15):
    bits = bf16(mean + sd * rng.standard_normal(shape))
    weights[name] = bits
    return (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


embed = tensor("tok.weight", V, W, sd=1.0)
layers = []
for n in range(LAYERS):
    p = f"layer.{n}."
    layers.append(dict(
        norm=tensor(p + "norm1", W, mean=1, sd=0.2),
        q=tensor(p + "attn.q.weight", H * D, W), qb=tensor(p + "attn.q.bias", H * D, sd=0.5),
        k=tensor(p + "attn.k.weight", KV * D, W), kb=tensor(p + "attn.k.bias", KV * D, sd=0.5),
        v=tensor(p + "attn.v.weight", KV * D, W), vb=tensor(p + "attn.v.bias", KV * D, sd=0.5),
        qn=tensor(p + "attn.q_norm", D, mean=1, sd=0.2), kn=tensor(p + "attn.k_norm", D, mean=1, sd=0.2),
        o=tensor(p + "attn.o.weight", W, H * D), norm2=tensor(p + "norm2", W, mean=1, sd=0.2),
        gate=tensor(p + "mlp.gate.weight", FF, W), up=tensor(p + "mlp.up.weight", FF, W), down=tensor(p + "mlp.down.weight", W, FF)))
last = tensor("norm", W, mean=1, sd=0.2)


def rms(x, w):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + EPS) * w


def rotate(x):  # [positions, heads, D]: the first ROPE columns, halves paired
    angle = np.arange(len(x))[:, None] * THETA ** (-2 * np.arange(ROPE // 2) / ROPE)
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    a, b = x[..., : ROPE // 2], x[..., ROPE // 2 : ROPE]
    return np.concatenate([a * c - b * s, b * c + a * s, x[..., ROPE:]], -1)


def forward(ids):
    n = len(ids)
    x = embed[ids]
    sees = np.arange(n)[None] // BLOCK <= np.arange(n)[:, None] // BLOCK
    for l in layers:
        y = rms(x, l["norm"])
        q = rotate(rms((y @ l["q"].T + l["qb"]).reshape(n, H, D), l["qn"]))
        k = rotate(rms((y @ l["k"].T + l["kb"]).reshape(n, KV, D), l["kn"])).repeat(H // KV, 1)
        v = (y @ l["v"].T + l["vb"]).reshape(n, KV, D).repeat(H // KV, 1)
        score = np.where(sees, np.einsum("ihd,jhd->hij", q, k) / np.sqrt(D), -np.inf)
        p = np.exp(score - score.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        x = x + np.einsum("hij,jhd->ihd", p, v).reshape(n, H * D) @ l["o"].T
        y = rms(x, l["norm2"])
        g = y @ l["gate"].T
        x = x + (g / (1 + np.exp(-g)) * (y @ l["up"].T)) @ l["down"].T
    return rms(x, last) @ embed.T


header, data = {}, b""
for name, bits in weights.items():
    raw = bits.astype("<u2").tobytes()
    header[name] = {"dtype": "BF16", "shape": list(bits.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
open("model.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data)
json.dump(dict(architectures=["BlockLM"], hidden=W, heads=H, kv_heads=KV, head_dim=D, rotary_dims=ROPE, rotary_base=THETA,
               ff=FF, vocab=V, layers=LAYERS, block=BLOCK, epsilon=EPS, positions=64, mask_token_id=MASK, eos_token_id=EOS),
          open("config.json", "w"), indent=1)
cases = [[int(i) for i in rng.integers(0, V, n)] for n in (1, 5, 13, 32)]
json.dump(dict(cases=[dict(ids=c, logits=np.round(forward(c), 7).tolist()) for c in cases]), open("golden.json", "w"))
