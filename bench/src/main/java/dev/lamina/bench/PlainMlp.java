package dev.lamina.bench;

/** A network 20-64-64-1 with relu, MSE and momentum, as one writes it by hand over float[]: the peer of small steps. */
final class PlainMlp {
    private static final int LAYERS = 3;

    private final int batch;
    private final int[] widths;
    private final float rate;
    private final float momentum;
    private final float[][] kernels = new float[LAYERS][];
    private final float[][] biases = new float[LAYERS][];
    private final float[][] kernelMoves = new float[LAYERS][];
    private final float[][] biasMoves = new float[LAYERS][];
    private final float[][] kernelGradients = new float[LAYERS][];
    private final float[][] biasGradients = new float[LAYERS][];
    private final float[][] outputs = new float[LAYERS][];
    private final float[][] errors = new float[LAYERS][];

    /** Kernels (in, out) and biases are copied. */
    PlainMlp(int batch, int[] widths, float[][] kernels, float[][] biases, float rate, float momentum) {
        this.batch = batch;
        this.widths = widths.clone();
        this.rate = rate;
        this.momentum = momentum;
        for (int i = 0; i < LAYERS; i++) {
            this.kernels[i] = kernels[i].clone();
            this.biases[i] = biases[i].clone();
            kernelMoves[i] = new float[kernels[i].length];
            biasMoves[i] = new float[biases[i].length];
            kernelGradients[i] = new float[kernels[i].length];
            biasGradients[i] = new float[biases[i].length];
            outputs[i] = new float[batch * widths[i + 1]];
            errors[i] = new float[batch * widths[i + 1]];
        }
    }

    /** One step on a batch; returns the loss before it. */
    float step(float[] x, float[] y) {
        for (int i = 0; i < LAYERS; i++) {
            forward(i == 0 ? x : outputs[i - 1], kernels[i], biases[i], outputs[i], widths[i], widths[i + 1]);
            if (i < LAYERS - 1) {
                relu(outputs[i]);
            }
        }
        float loss = loss(outputs[LAYERS - 1], y, errors[LAYERS - 1]);
        for (int i = LAYERS - 1; i >= 0; i--) {
            kernelGradient(i == 0 ? x : outputs[i - 1], errors[i], kernelGradients[i], widths[i], widths[i + 1]);
            biasGradient(errors[i], biasGradients[i]);
            if (i > 0) {
                inputGradient(errors[i], kernels[i], outputs[i - 1], errors[i - 1], widths[i], widths[i + 1]);
            }
        }
        for (int i = 0; i < LAYERS; i++) {
            update(kernels[i], kernelMoves[i], kernelGradients[i]);
            update(biases[i], biasMoves[i], biasGradients[i]);
        }
        return loss;
    }

    private void forward(float[] x, float[] kernel, float[] bias, float[] y, int in, int out) {
        for (int row = 0; row < batch; row++) {
            System.arraycopy(bias, 0, y, row * out, out);
            for (int k = 0; k < in; k++) {
                float value = x[row * in + k];
                for (int j = 0; j < out; j++) {
                    y[row * out + j] += value * kernel[k * out + j];
                }
            }
        }
    }

    private static void relu(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.max(values[i], 0);
        }
    }

    private static float loss(float[] prediction, float[] target, float[] error) {
        float sum = 0;
        for (int i = 0; i < prediction.length; i++) {
            float difference = prediction[i] - target[i];
            error[i] = 2 * difference / prediction.length;
            sum += difference * difference;
        }
        return sum / prediction.length;
    }

    private void kernelGradient(float[] x, float[] error, float[] gradient, int in, int out) {
        java.util.Arrays.fill(gradient, 0);
        for (int row = 0; row < batch; row++) {
            for (int k = 0; k < in; k++) {
                float value = x[row * in + k];
                for (int j = 0; j < out; j++) {
                    gradient[k * out + j] += value * error[row * out + j];
                }
            }
        }
    }

    private void biasGradient(float[] error, float[] gradient) {
        java.util.Arrays.fill(gradient, 0);
        int out = gradient.length;
        for (int row = 0; row < batch; row++) {
            for (int j = 0; j < out; j++) {
                gradient[j] += error[row * out + j];
            }
        }
    }

    private void inputGradient(float[] error, float[] kernel, float[] output, float[] below, int in, int out) {
        for (int row = 0; row < batch; row++) {
            for (int k = 0; k < in; k++) {
                float sum = 0;
                for (int j = 0; j < out; j++) {
                    sum += error[row * out + j] * kernel[k * out + j];
                }
                below[row * in + k] = output[row * in + k] > 0 ? sum : 0;
            }
        }
    }

    private void update(float[] parameter, float[] move, float[] gradient) {
        for (int i = 0; i < parameter.length; i++) {
            move[i] = momentum * move[i] + gradient[i];
            parameter[i] -= rate * move[i];
        }
    }
}
