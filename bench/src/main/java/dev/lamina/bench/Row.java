package dev.lamina.bench;

import dev.lamina.bench.Peers.Vision.Use;
import dev.lamina.core.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * One line of the table.
 *
 * @param name dotted; the beginning selects several
 * @param about one line for people
 * @param peer what it is compared with; empty for nothing
 * @param backend that runs it; the null backend runs empty kernels
 * @param threads the numbers of threads it is measured with
 * @param work makes what is measured
 */
record Row(String name, String about, String peer, String backend, List<Integer> threads, Supplier<Work> work) {
    static final String ONEDNN = "oneDNN";
    static final String LIBTORCH = "LibTorch";
    static final String SMILE = "Smile";
    static final String ONNX_RUNTIME = "ONNX Runtime";
    static final String COPY = "a copy of memory";
    static final String ONE_THREAD = "ours, one thread";

    /** All rows. */
    static final List<Row> ALL = all();

    private static List<Row> all() {
        List<Row> rows = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            rows.add(matmul("256", dtype, 256, 256, 256));
            rows.add(matmul("1024", dtype, 1024, 1024, 1024));
            rows.add(matmul("2048", dtype, 2048, 2048, 2048));
            rows.add(matmul("64x784x512", dtype, 64, 784, 512));
            rows.add(matmul("256x768x3072", dtype, 256, 768, 3072));
            rows.add(matmul("4096x4096x1", dtype, 4096, 4096, 1));
            rows.add(matmul("1x4096x4096", dtype, 1, 4096, 4096));
            rows.add(matmul("8x4096x4096", dtype, 8, 4096, 4096));
            for (int size : List.of(256, 1024, 2048)) {
                rows.add(threads(dtype, size));
            }
        }
        rows.add(cpu("matmul.gelu.1024", "gelu(A B + bias) in one plan", "ours, the product alone", Epilogue::new));
        rows.add(cpu("chain.64k", "8 operations with one exp, 65,536 numbers", LIBTORCH, Chain::inCache));
        rows.add(cpu("chain.64M", "the same, 64 MB in and 64 MB out", COPY, Chain::inMemory));
        rows.add(cpu("softmax.1024x1024", "softmax of rows and its gradient", LIBTORCH, Softmax::new));
        rows.add(cpu("layernorm.1024x1024", "layer norm of rows and its gradients", LIBTORCH, LayerNorm::new));
        rows.add(cpu("adam.100M", "one step of Adam on 100 million parameters", COPY, AdamStep::new));
        movement(rows);
        String heads = "causal attention, 12 heads, 1024 positions, 64 columns, forward and backward";
        String block = "pre-norm transformer block 768, 12 heads, 1024 positions, forward and backward";
        rows.add(cpu("attention.f32", heads, LIBTORCH, () -> new AttentionStep(false)));
        rows.add(cpu("attention.bf16", heads + ", products in bf16", LIBTORCH, () -> new AttentionStep(true)));
        rows.add(cpu("transformer.f32", block, LIBTORCH, () -> new TransformerStep(false)));
        rows.add(cpu("transformer.bf16", block + ", products in bf16", LIBTORCH, () -> new TransformerStep(true)));
        vision(rows);
        training(rows);
        processes(rows);
        return List.copyOf(rows);
    }

    private static void movement(List<Row> rows) {
        rows.add(cpu("move.transpose", "a matrix of 64 MB across", COPY, Movement::transpose));
        rows.add(cpu("move.channels", "(64, 64, 56, 56) as (64, 56, 56, 64)", COPY, Movement::channels));
        rows.add(cpu("move.embedding", "65,536 rows of 256 numbers by index", COPY, Movement::embedding));
        rows.add(cpu("move.embedding.gradient", "the gradient of that", COPY, Movement::embeddingGradient));
        rows.add(cpu("move.cumsum.rows", "running sums of 4096x4096, along", COPY, () -> Movement.runningSums(false)));
        rows.add(cpu("move.cumsum.columns", "and down", COPY, () -> Movement.runningSums(true)));
        rows.add(cpu("move.columns", "sums of the columns of 16384x1024", COPY, Movement::columns));
        rows.add(cpu(
                "move.statistics", "mean and variance of 64 channels, 64x56x56 places", COPY, Movement::statistics));
    }

    private static void vision(List<Row> rows) {
        String conv = "convolution 3x3, 64 to 64 channels, 8 images of 56x56";
        rows.add(cpu("conv.forward", conv, LIBTORCH, () -> new Convolution(56, 1, Use.FORWARD)));
        rows.add(cpu("conv.backward", conv + ": both gradients", LIBTORCH, () -> new Convolution(56, 1, Use.BACKWARD)));
        rows.add(cpu(
                "conv.depthwise",
                "each of 64 channels alone, 3x3, 8 images of 112x112: output and both gradients",
                LIBTORCH,
                () -> new Convolution(112, 64, Use.BOTH)));
        for (boolean bf16 : List.of(false, true)) {
            String type = bf16 ? "bf16" : "f32";
            String inType = bf16 ? ", products in bf16" : "";
            rows.add(cpu(
                    "train.lenet." + type,
                    "epoch of LeNet (conv 32, conv 64, pool, dense 128, dense 10), Adam, batch 64, 1,280 of MNIST"
                            + inType,
                    LIBTORCH,
                    () -> VisionTraining.lenet(bf16)));
            rows.add(cpu(
                    "train.resnet18." + type,
                    "training of ResNet-18 on 224x224 images, Adam, batch 8" + inType,
                    LIBTORCH,
                    () -> VisionTraining.resnet(bf16)));
            rows.add(cpu(
                    "resnet18." + type + ".libtorch",
                    "one image of 224x224 through ResNet-18" + inType,
                    LIBTORCH,
                    () -> new VisionInference(LIBTORCH, bf16)));
        }
        rows.add(cpu(
                "resnet18.f32.onnxruntime",
                "one image of 224x224 through ResNet-18",
                ONNX_RUNTIME,
                () -> new VisionInference(ONNX_RUNTIME, false)));
    }

    private static void training(List<Row> rows) {
        String small = "train step 20-64-64-1, batch 32, MSE, momentum, in fit";
        rows.add(cpu("train.small.libtorch", small, LIBTORCH, () -> FitStep.against(LIBTORCH)));
        rows.add(cpu("train.small.smile", small, SMILE, () -> FitStep.against(SMILE)));
        String mlp = "epoch of 784-512-256-10, Adam, batch 64, 12,800 of MNIST";
        rows.add(cpu("train.mlp.f32", mlp, LIBTORCH, () -> new MlpEpoch(false)));
        rows.add(cpu("train.mlp.bf16", mlp + ", products in bf16", LIBTORCH, () -> new MlpEpoch(true)));
        for (Peers.Recurrence.Cell cell : Peers.Recurrence.Cell.values()) {
            rows.add(cpu(
                    "train." + cell.name().toLowerCase(Locale.ROOT),
                    "epoch of embedding 10,000 x 128, " + cell + " 128, dense 2, Adam, 640 sequences of 100, batch 32",
                    LIBTORCH,
                    () -> new RecurrentTraining(cell)));
        }
        rows.add(cpu(
                "predict.callers", "64 threads ask 784-512-256-10 for 32 rows at a time", ONE_THREAD, Callers::new));
        rows.add(new Row(
                "step.overhead",
                "train step 20-64-64-1 in fit, kernels empty",
                "",
                "null",
                List.of(1),
                FitStep::empty));
        rows.add(new Row(
                "step.trace",
                "the same step written by hand: trace, look up, run",
                "",
                "null",
                List.of(1),
                HandStep::new));
    }

    private static void processes(List<Row> rows) {
        rows.add(process("start.predict", "whole process: first prediction of 784-10", SMILE, FirstPrediction::time));
        rows.add(process("start.memory", "most memory (RSS) of that process", SMILE, FirstPrediction::memory));
        rows.add(process(
                "start.step",
                "trace, compile and first run of the training step 784-512-256-10 in a new JVM",
                "",
                FirstStep::plain));
        rows.add(process("start.step.archive", "the same with an archive of loaded classes", "", FirstStep::archived));
        rows.add(process("digits.process", "whole process: lamina train digits", "", DigitsProcess::new));
        rows.add(process("jars.size", "all jars that the lamina command needs", "", JarSizes::new));
    }

    private static Row matmul(String name, DType dtype, int m, int k, int n) {
        String type = dtype.toString().toLowerCase(Locale.ROOT);
        String about = "matrix product " + m + "x" + k + "x" + n + " in " + type + ", plain layouts";
        return cpu("matmul." + type + "." + name, about, ONEDNN, () -> Matmul.againstOneDnn(dtype, m, k, n));
    }

    private static Row threads(DType dtype, int size) {
        String type = dtype.toString().toLowerCase(Locale.ROOT);
        String about = "matrix product of " + size + " in " + type;
        Supplier<Work> work = () -> Matmul.againstOneThread(dtype, size, size, size);
        return new Row("threads." + type + "." + size, about, ONE_THREAD, "cpu", List.of(2), work);
    }

    private static Row cpu(String name, String about, String peer, Supplier<Work> work) {
        return new Row(name, about, peer, "cpu", List.of(1, 2), work);
    }

    private static Row process(String name, String about, String peer, Supplier<Work> work) {
        return new Row(name, about, peer, "cpu", List.of(2), work);
    }

    static Row named(String name) {
        return ALL.stream()
                .filter(row -> row.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no row " + name));
    }
}
