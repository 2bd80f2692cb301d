package dev.lamina.cpu.gemm;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.CodeException;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.loop.LoopKernels;
import dev.lamina.cpu.loop.Region;
import dev.lamina.cpu.pool.Pool;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The door to matrix products in machine code. */
public final class GemmKernels {
    private GemmKernels() {}

    /**
     * Prepares a batch of products.
     *
     * @param epilogue what is applied to the result block by block, or null
     * @param batch where code of this plan goes; code for products is kept for all plans
     * @return null if there is no machine code for this, or none with an epilogue
     * @throws CodeException if the system gives no executable memory
     */
    public static @Nullable Kernel prepare(
            Task.MatMul task, @Nullable Region epilogue, Isa isa, Pool pool, CodeBatch batch) throws CodeException {
        if (isa.vectorBits() == 0) {
            return null;
        }
        int[] dims = task.out().dims();
        if (Arrays.stream(dims).anyMatch(d -> d == 0)) {
            return buffers -> {};
        }
        if (VectorProduct.takes(task)) {
            Kernel sums = epilogue == null ? LoopKernels.prepare(VectorProduct.loop(task), isa, pool, batch) : null;
            if (sums != null || epilogue != null) {
                return sums;
            }
        }
        Driver.Offsets offsets = offsets(task);
        Product product = product(task);
        if (isOneProduct(product, offsets)) {
            long aRow = product.m() > 1 ? product.aRow() : offsets.a()[1] - offsets.a()[0];
            product = product.withRows(product.m() * offsets.c().length, aRow);
            offsets = new Driver.Offsets(new long[1], new long[1], new long[1], offsets.rows(), false);
        }
        Product turned = product.turned();
        boolean turns = product.n() == 1 && product.m() > 1 && FloatEngine.takes(turned, isa);
        try {
            if (turns) {
                Task.MatMul other = new Task.MatMul(task.b(), task.a(), task.out(), task.rounded());
                return new Driver(other, epilogue, turned, offsets.turn(), FloatEngine.of(turned, isa), pool);
            }
            Engine engine = engine(product, isa);
            Driver driver = engine == null ? null : new Driver(task, epilogue, product, offsets, engine, pool);
            if (driver == null || !SplitEngine.keeps(product, isa)) {
                return driver;
            }
            Engine parts = SplitEngine.kept(product);
            return new KeptProduct(driver, new Driver(task, epilogue, product, offsets, parts, pool));
        } catch (Library.Refused e) {
            throw e.refusal();
        }
    }

    private static Product product(Task.MatMul task) {
        int[] dims = task.out().dims();
        int row = dims.length - 2;
        int column = dims.length - 1;
        long bytes = task.out().dtype().bytes();
        return new Product(
                task.out().dtype(),
                task.rounded(),
                dims[row],
                dims[column],
                task.a().dims()[column],
                task.a().strides()[row] * bytes,
                task.a().strides()[column] * bytes,
                task.b().strides()[row] * bytes,
                // One column has no neighbour, whatever its stride is.
                dims[column] == 1 ? bytes : task.b().strides()[column] * bytes,
                dims[column] * bytes);
    }

    /** Whether there is one B for all, and the rows of A and C go on from product to product. */
    private static boolean isOneProduct(Product product, Driver.Offsets offsets) {
        long rows = (long) offsets.c().length * product.m();
        return offsets.c().length > 1
                && rows <= Integer.MAX_VALUE
                && isSteps(offsets.b(), 0)
                && isSteps(
                        offsets.a(), product.m() > 1 ? product.m() * product.aRow() : offsets.a()[1] - offsets.a()[0])
                && isSteps(offsets.c(), product.m() * product.cRow());
    }

    private static boolean isSteps(long[] offsets, long step) {
        return IntStream.range(1, offsets.length).allMatch(i -> offsets[i] - offsets[i - 1] == step);
    }

    private static Driver.Offsets offsets(Task.MatMul task) {
        int[] dims = task.out().dims();
        return new Driver.Offsets(bytes(task.a()), bytes(task.b()), bytes(task.out()), dims[dims.length - 2], false);
    }

    /** The engine for a product; null if there is no machine code for it. */
    public static @Nullable Engine engine(Product product, Isa isa) {
        if (Bf16Engine.takes(product, isa)) {
            return Bf16Engine.of(product, isa);
        }
        if (Bf16Widening.takes(product)) {
            return Bf16Widening.of(product, isa);
        }
        if (SplitEngine.takes(product, isa)) {
            return SplitEngine.of(product);
        }
        return FloatEngine.takes(product, isa) ? FloatEngine.of(product, isa) : null;
    }

    /** Where each product of a batch begins, in bytes. */
    private static long[] bytes(Task.Access access) {
        long[] starts = access.matrices();
        for (int i = 0; i < starts.length; i++) {
            starts[i] *= access.dtype().bytes();
        }
        return starts;
    }
}
