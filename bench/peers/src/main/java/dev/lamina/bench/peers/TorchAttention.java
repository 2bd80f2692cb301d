package dev.lamina.bench.peers;

import dev.lamina.bench.Peers;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Attention and a transformer block as one writes them with LibTorch, forward and backward; with bf16 everything is bf16. */
final class TorchAttention {
    private TorchAttention() {}

    private static Tensor typed(Tensor x, boolean bf16) {
        return bf16 ? x.to(torch.ScalarType.BFloat16) : x.clone();
    }

    private static Tensor attention(Tensor q, Tensor k, Tensor v) {
        return torch.scaled_dot_product_attention(
                q, k, v, new TensorOptional(), 0.0, true, new DoubleOptional(), false);
    }

    private static Tensor[] withGradients(Tensor y, Tensor upstream, List<Tensor> sources) {
        TensorVector gradients = torch.grad(
                new TensorVector(y),
                new TensorVector(sources.toArray(Tensor[]::new)),
                new TensorVector(upstream),
                new BoolOptional(),
                false,
                false);
        Tensor[] all = new Tensor[sources.size() + 1];
        all[0] = y;
        for (int i = 0; i < sources.size(); i++) {
            all[i + 1] = gradients.get(i);
        }
        return all;
    }

    /** As f32 without gaps, for the comparison. */
    static float[] values(Latest latest) {
        return latest.values(x -> x.detach().to(torch.ScalarType.Float).contiguous());
    }

    static Peers.Rival heads(Peers.Heads heads, String name) {
        long[] shape = {1, heads.heads(), heads.positions(), heads.width()};
        List<Tensor> inputs = new ArrayList<>();
        for (var memory : List.of(heads.q(), heads.k(), heads.v())) {
            inputs.add(typed(LibTorch.tensor(memory, shape), heads.bf16()).set_requires_grad(true));
        }
        Tensor upstream = typed(LibTorch.tensor(heads.upstream(), shape), heads.bf16());
        Latest latest = new Latest();
        return new Peers.Rival(
                name,
                () -> latest.keep(
                        () -> withGradients(attention(inputs.get(0), inputs.get(1), inputs.get(2)), upstream, inputs)),
                () -> values(latest));
    }

    static Peers.Rival block(Peers.Block block, String name) {
        long[] shape = {1, block.positions(), block.width()};
        List<Tensor> sources = new ArrayList<>();
        sources.add(typed(LibTorch.tensor(block.x(), shape), block.bf16()).set_requires_grad(true));
        for (float[] values : block.parameters()) {
            long width = block.width();
            boolean vector = values.length <= 4 * width;
            long in = values.length == 4 * width * width && sources.size() == 15 ? 4 * width : width;
            Tensor flat = LibTorch.tensor(Address.of(values).segment(), values.length);
            Tensor mine =
                    vector ? flat : flat.reshape(in, values.length / in).t().contiguous();
            sources.add(typed(mine, block.bf16()).set_requires_grad(true));
        }
        Tensor upstream = typed(LibTorch.tensor(block.upstream(), shape), block.bf16());
        Latest latest = new Latest();
        return new Peers.Rival(
                name,
                () -> latest.keep(() -> withGradients(forward(block, sources), upstream, sources)),
                () -> values(latest));
    }

    private static Tensor forward(Peers.Block block, List<Tensor> p) {
        long[] last = {block.width()};
        Tensor x = p.get(0);
        Tensor normal =
                torch.layer_norm(x, last, new TensorOptional(p.get(1)), new TensorOptional(p.get(2)), 1e-5, true);
        Tensor q = split(block, linear(normal, p, 3));
        Tensor k = split(block, linear(normal, p, 5));
        Tensor v = split(block, linear(normal, p, 7));
        Tensor joined = attention(q, k, v).transpose(1, 2).reshape(1, block.positions(), block.width());
        Tensor middle = x.add(linear(joined, p, 9));
        Tensor again = torch.layer_norm(
                middle, last, new TensorOptional(p.get(11)), new TensorOptional(p.get(12)), 1e-5, true);
        return middle.add(linear(torch.gelu(linear(again, p, 13)), p, 15));
    }

    private static Tensor linear(Tensor x, List<Tensor> p, int at) {
        return torch.linear(x, p.get(at), new TensorOptional(p.get(at + 1)));
    }

    private static Tensor split(Peers.Block block, Tensor x) {
        return x.view(1, block.positions(), block.heads(), block.width() / block.heads())
                .transpose(1, 2);
    }
}
