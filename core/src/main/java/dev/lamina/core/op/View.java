package dev.lamina.core.op;

import dev.lamina.core.Shape;
import dev.lamina.core.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Ops that only move elements: most are strides on the input, none computes. */
public sealed interface View extends Op {
    /** The same elements in row-major order under the node's shape. */
    record Reshape() implements View {
        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            sink.add(node.input(0), upstream.reshape(node.input(0).shape()));
        }
    }

    /** Axis i of the result is axis {@code axes[i]} of the input. */
    record Permute(List<Integer> axes) implements View {
        @Override
        public List<?> parameters() {
            return List.of(axes);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            int[] inverse = new int[axes.size()];
            for (int i = 0; i < inverse.length; i++) {
                inverse[axes.get(i)] = i;
            }
            sink.add(node.input(0), upstream.permute(inverse));
        }
    }

    /** Axes of extent 1 repeated to the node's shape, of the same rank. */
    record Expand() implements View {
        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            sink.add(node.input(0), upstream.sumTo(node.input(0).shape()));
        }
    }

    /** Elements {@code start + i * step} of each axis; the node's shape says how many. Steps may be negative. */
    record Slice(List<Integer> starts, List<Integer> steps) implements View {
        @Override
        public List<?> parameters() {
            return List.of(starts, steps);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            Shape from = node.input(0).shape();
            int rank = from.rank();
            int[] turned = new int[rank];
            List<Integer> before = new ArrayList<>();
            List<Integer> after = new ArrayList<>();
            List<Integer> interior = new ArrayList<>();
            int turns = 0;
            for (int i = 0; i < rank; i++) {
                int step = steps.get(i);
                int count = node.shape().dim(i);
                int last = starts.get(i) + step * (count - 1);
                int low = count == 0 ? 0 : Math.min(starts.get(i), last);
                int span = count == 0 ? 0 : Math.abs(step) * (count - 1) + 1;
                before.add(low);
                after.add(from.dim(i) - low - span);
                interior.add(Math.abs(step) - 1);
                if (step < 0) {
                    turned[turns++] = i;
                }
            }
            Tensor straight = turns == 0 ? upstream : upstream.flip(Arrays.copyOf(turned, turns));
            sink.add(node.input(0), straight.padded(new Pad(before, after, interior, 0), from));
        }
    }

    /** A fill value around and {@code interior} times between the elements of each axis. Extents are not negative. */
    record Pad(List<Integer> before, List<Integer> after, List<Integer> interior, double value) implements View {
        @Override
        public List<?> parameters() {
            return List.of(before, after, interior, value);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            List<Integer> steps = interior.stream().map(gap -> gap + 1).toList();
            sink.add(
                    node.input(0),
                    upstream.sliced(new Slice(before, steps), node.input(0).shape()));
        }
    }

    /** Inputs one after the other along an axis. */
    record Concat(int axis) implements View {
        @Override
        public List<?> parameters() {
            return List.of(axis);
        }

        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            int rank = node.shape().rank();
            int at = 0;
            for (Node input : node.inputs()) {
                List<Integer> starts = new ArrayList<>(Collections.nCopies(rank, 0));
                starts.set(axis, at);
                Slice part = new Slice(List.copyOf(starts), Collections.nCopies(rank, 1));
                sink.add(input, upstream.sliced(part, input.shape()));
                at += input.shape().dim(axis);
            }
        }
    }

    /** The input itself, through which no gradient passes. */
    record Stop() implements View {
        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {}
    }

    /**
     * The first input, but not before the second one has been computed. Keeps a recomputation in the backward pass apart
     * from the first computation.
     */
    record After() implements View {
        @Override
        public void gradient(Node node, Tensor upstream, Sink sink) {
            sink.add(node.input(0), upstream);
        }
    }
}
