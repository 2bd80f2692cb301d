package dev.lamina.cpu.conv;

import dev.lamina.core.DType;
import dev.lamina.core.op.Window;
import dev.lamina.cpu.code.Assembler;
import dev.lamina.cpu.vector.At;
import dev.lamina.cpu.vector.R;
import dev.lamina.cpu.vector.V;

/**
 * Code for a band of a convolution of each channel alone, or one of its gradients. The third argument is the kernel, or its gradient, to which products
 * are added.
 */
final class DepthwiseCode extends WindowLoops {
    private final Window.Part part;
    private final DType rounded;

    private DepthwiseCode(Window.Part part, DType rounded, PoolingWindows windows, int bits) {
        super(windows, bits);
        this.part = part;
        this.rounded = rounded;
    }

    /**
     * The code.
     *
     * @param rounded what factors are rounded to
     */
    static Assembler write(Window.Part part, DType rounded, PoolingWindows windows, int bits) {
        DepthwiseCode depthwise = new DepthwiseCode(part, rounded, windows, bits);
        if (windows.toInput()) {
            depthwise.clear(depthwise.x);
        }
        depthwise.band();
        return depthwise.code.assemble();
    }

    @Override
    void window(R place, R output, R tap, Block block) {
        R image = code.add(x, place);
        R kernel = code.add(other, tap);
        At at = At.of(y, output, 1);
        switch (part) {
            case OUTPUT -> sum(block, image, kernel, at);
            case INPUT -> spread(block, image, kernel, at);
            case KERNEL -> collect(block, image, kernel, at);
        }
    }

    private V factor(Block block, At at, int v) {
        return code.fit(block.load(at, v), rounded);
    }

    private V[] outputs(Block block, At output) {
        V[] up = new V[block.vectors];
        for (int v = 0; v < up.length; v++) {
            up[v] = factor(block, output, v);
        }
        return up;
    }

    private void sum(Block block, R image, R kernel, At output) {
        V[] sum = block.variables(zero);
        R at = walk(kernel);
        for (int v = 0; v < sum.length; v++) {
            V pixel = factor(block, At.of(image, at, 1), v);
            code.assign(sum[v], code.fma(pixel, factor(block, At.of(tap()), v), sum[v]));
        }
        endWalk(true);
        block.store(output, sum);
    }

    private void spread(Block block, R image, R kernel, At output) {
        V[] up = outputs(block, output);
        R at = walkOwned(kernel);
        for (int v = 0; v < up.length; v++) {
            At pixel = At.of(image, at, 1);
            block.store(pixel, v, code.fma(up[v], factor(block, At.of(tap()), v), block.load(pixel, v)));
        }
        endWalk(true);
    }

    private void collect(Block block, R image, R kernel, At output) {
        V[] up = outputs(block, output);
        R at = walk(kernel);
        for (int v = 0; v < up.length; v++) {
            At sum = At.of(tap());
            V pixel = factor(block, At.of(image, at, 1), v);
            block.store(sum, v, code.fma(up[v], pixel, block.load(sum, v)));
        }
        endWalk(true);
    }
}
