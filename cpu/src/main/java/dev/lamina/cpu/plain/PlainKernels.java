package dev.lamina.cpu.plain;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.pool.Pool;
import java.util.List;

/** The door to the kernels in plain Java: there is one for every task. */
public final class PlainKernels {
    private PlainKernels() {}

    /** Prepares a kernel. */
    public static Kernel prepare(Task task, Pool pool) {
        return switch (task) {
            case Task.Loop loop -> LoopCompiler.compile(loop, pool);
            case Task.MatMul matmul ->
                matmul.rounded() == matmul.out().dtype()
                        ? new MatMulKernel(matmul, pool)
                        : new RoundedMatMul(matmul, pool);
            case Task.Convolution conv -> ConvolutionKernel.of(conv, pool);
            case Task.Pooling pooling -> new PoolingKernel(pooling, pool);
            case Task.Chain chain -> {
                Kernel product = prepare(chain.product(), pool);
                Kernel epilogue = prepare(chain.epilogue(), pool);
                yield buffers -> {
                    product.run(buffers);
                    epilogue.run(buffers);
                };
            }
            case Task.Band band -> {
                List<Kernel> loops =
                        band.loops().map(loop -> prepare(loop, pool)).toList();
                yield buffers -> loops.forEach(loop -> loop.run(buffers));
            }
            case Task.Images images -> {
                List<Kernel> kernels =
                        images.tasks().stream().map(each -> prepare(each, pool)).toList();
                yield buffers -> kernels.forEach(kernel -> kernel.run(buffers));
            }
            case Task.Gather gather -> new GatherKernel(gather, pool);
            case Task.Scattering scattering -> new ScatterKernel(scattering, pool);
            case Task.Sorting sorting -> new SortKernel(sorting, pool);
            case Task.Scanning scanning -> new ScanKernel(scanning, pool);
            case Task.Attention attention -> new AttentionKernel(attention, pool);
            case Task.AttentionGradient gradient -> new AttentionGradientKernel(gradient, pool);
            case Task.Repeat ignored -> throw new IllegalStateException("core repeats");
        };
    }
}
