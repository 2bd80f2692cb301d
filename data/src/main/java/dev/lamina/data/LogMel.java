package dev.lamina.data;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Tensor;
import java.util.Arrays;

/**
 * The log-mel spectrogram of a sound: how much energy there is in bands of frequencies as wide as hearing resolves them, step by step
 * in time.
 *
 * <p>Step t takes {@code window} samples from t * hop on, times a Hann window w[n] = 1/2 - 1/2 cos(2 pi n / window), fills up with
 * zeros to a power of two F, and takes the squared absolute values of the Fourier transform at the frequencies k rate / F, k = 0 to
 * F / 2. Band b adds them up with triangular weights: 0 at the edges of its neighbours, 1 at its centre; the edges are equally spaced
 * from {@code lowest} to {@code highest} in mel(f) = 2595 log10(1 + f / 700). The result is the natural logarithm, at least log 1e-10.
 * These are the conventions of HTK, and of torchaudio's {@code MelSpectrogram(center=False, norm=None)}. There are 1 + (samples - window)
 * / hop steps, rounded down; none for a sound that is shorter than the window.
 *
 * @param rate samples in a second
 * @param window samples of a step
 * @param hop samples from step to step
 * @param bands number of bands
 * @param lowest frequency, in Hz
 * @param highest frequency, in Hz, at most half the rate
 */
public record LogMel(int rate, int window, int hop, int bands, double lowest, double highest) {
    private static final double FLOOR = 1e-10;

    /** Checks that there is something to compute. */
    public LogMel {
        if (rate < 1
                || window < 1
                || hop < 1
                || bands < 1
                || !(lowest >= 0 && lowest < highest && highest <= rate / 2.0)) {
            throw new LaminaException("logMel: expected positive numbers and 0 <= lowest < highest <= " + rate / 2.0
                    + ", got rate " + rate + ", window " + window + ", hop " + hop + ", bands " + bands + ", lowest "
                    + lowest + ", highest " + highest + "; LogMel.of(rate) has the usual ones");
        }
    }

    /** Windows of 25 ms every 10 ms, 40 bands from 20 Hz to half the rate. */
    public static LogMel of(int rate) {
        return new LogMel(rate, Math.max(1, rate / 40), Math.max(1, rate / 100), 40, 20, rate / 2.0);
    }

    /** This with another number of bands. */
    public LogMel bands(int count) {
        return new LogMel(rate, window, hop, count, lowest, highest);
    }

    /** This with another step. */
    public LogMel hop(int samples) {
        return new LogMel(rate, window, samples, bands, lowest, highest);
    }

    /** Steps for so many samples. */
    public int steps(int samples) {
        return samples < window ? 0 : 1 + (samples - window) / hop;
    }

    /** Length of the Fourier transform: the power of two that holds a window. */
    public int length() {
        return window == 1 ? 1 : Integer.highestOneBit(window - 1) * 2;
    }

    /**
     * The spectrogram.
     *
     * @param samples one channel
     * @return f32 (steps, bands)
     */
    public Tensor of(float[] samples) {
        int steps = steps(samples.length);
        int length = length();
        double[][] weights = weights();
        double[] hann = new double[window];
        Arrays.setAll(hann, n -> 0.5 - 0.5 * Math.cos(2 * Math.PI * n / window));
        double[] real = new double[length];
        double[] imaginary = new double[length];
        float[] result = new float[steps * bands];
        for (int t = 0; t < steps; t++) {
            Arrays.fill(real, 0);
            Arrays.fill(imaginary, 0);
            for (int n = 0; n < window; n++) {
                real[n] = samples[t * hop + n] * hann[n];
            }
            transform(real, imaginary);
            for (int k = 0; k <= length / 2; k++) {
                real[k] = real[k] * real[k] + imaginary[k] * imaginary[k];
            }
            for (int b = 0; b < bands; b++) {
                result[t * bands + b] = (float) Math.log(Math.max(energy(weights[b], real), FLOOR));
            }
        }
        return Tensor.of(result, steps, bands);
    }

    private static double energy(double[] weights, double[] powers) {
        double energy = 0;
        for (int k = 0; k < weights.length; k++) {
            energy += weights[k] * powers[k];
        }
        return energy;
    }

    /** The weight of each frequency in each band. */
    double[][] weights() {
        int count = length() / 2 + 1;
        double[] edges = new double[bands + 2];
        double from = mel(lowest);
        double to = mel(highest);
        Arrays.setAll(edges, i -> 700 * (Math.pow(10, (from + (to - from) * i / (bands + 1)) / 2595) - 1));
        double[][] weights = new double[bands][count];
        for (int b = 0; b < bands; b++) {
            for (int k = 0; k < count; k++) {
                double f = (double) k * rate / length();
                double rising = (f - edges[b]) / (edges[b + 1] - edges[b]);
                double falling = (edges[b + 2] - f) / (edges[b + 2] - edges[b + 1]);
                weights[b][k] = Math.max(0, Math.min(rising, falling));
            }
        }
        return weights;
    }

    private static double mel(double frequency) {
        return 2595 * Math.log10(1 + frequency / 700);
    }

    /** The Fourier transform in place, for lengths that are powers of two (Cooley and Tukey 1965). */
    static void transform(double[] real, double[] imaginary) {
        int n = real.length;
        for (int i = 1, j = 0; i < n; i++) {
            int bit = n >> 1;
            for (; (j & bit) != 0; bit >>= 1) {
                j ^= bit;
            }
            j ^= bit;
            if (i < j) {
                swap(real, i, j);
                swap(imaginary, i, j);
            }
        }
        for (int size = 2; size <= n; size *= 2) {
            for (int k = 0; k < size / 2; k++) {
                double cos = Math.cos(2 * Math.PI * k / size);
                double sin = -Math.sin(2 * Math.PI * k / size);
                for (int a = k; a < n; a += size) {
                    int b = a + size / 2;
                    double re = real[b] * cos - imaginary[b] * sin;
                    double im = real[b] * sin + imaginary[b] * cos;
                    real[b] = real[a] - re;
                    imaginary[b] = imaginary[a] - im;
                    real[a] += re;
                    imaginary[a] += im;
                }
            }
        }
    }

    private static void swap(double[] values, int i, int j) {
        double value = values[i];
        values[i] = values[j];
        values[j] = value;
    }
}
