package dev.lamina.core;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Einstein's sums: operands are combined from left to right, each pair as one batched matrix product. Axes are named by
 * labels: letters, and negative numbers for those of an ellipsis, counted from its end.
 */
final class Einsum {
    /** A tensor and the label of each axis. */
    private record Term(Tensor tensor, List<Integer> labels) {
        Term sumTo(Set<Integer> kept) {
            int[] gone = positions(
                    labels.stream().filter(label -> !kept.contains(label)).toList());
            return gone.length == 0
                    ? this
                    : new Term(
                            tensor.sum(gone),
                            labels.stream().filter(kept::contains).toList());
        }

        Tensor ordered(List<Integer> order) {
            return tensor.permute(positions(order));
        }

        private int[] positions(List<Integer> wanted) {
            return wanted.stream().mapToInt(labels::indexOf).toArray();
        }
    }

    private final String equation;
    private final List<Tensor> operands;
    private final List<Integer> output;
    private final List<Term> terms = new ArrayList<>();

    private Einsum(String equation, List<Tensor> operands) {
        this.equation = equation;
        this.operands = operands;
        String[] sides = equation.replace(" ", "").split("->", -1);
        String[] inputs = sides[0].split(",", -1);
        if (sides.length > 2 || operands.isEmpty() || inputs.length != operands.size()) {
            throw wrong("as many operands as the equation names (" + inputs.length + ") and at most one arrow");
        }
        DType dtype =
                operands.stream().map(Tensor::dtype).reduce(DType::promote).orElseThrow();
        int dots = 0;
        for (int i = 0; i < inputs.length; i++) {
            List<Integer> labels = labels(inputs[i], operands.get(i).rank());
            dots = Math.max(
                    dots, (int) labels.stream().filter(label -> label < 0).count());
            terms.add(diagonals(operands.get(i).cast(dtype), labels));
        }
        this.output = sides.length == 2
                ? labels(sides[1], sides[1].replace("...", "").length() + dots)
                : implied(sides[0], dots);
        checkOutput();
        broadcast();
    }

    static Tensor of(String equation, List<Tensor> operands) {
        return new Einsum(equation, operands).contracted();
    }

    private Tensor contracted() {
        Term result = terms.get(0);
        for (int i = 0; i < terms.size(); i++) {
            Set<Integer> later = new HashSet<>(output);
            terms.subList(i + 1, terms.size()).forEach(term -> later.addAll(term.labels()));
            result = i == 0 ? result.sumTo(later) : pair(result, terms.get(i), later);
        }
        return result.ordered(output);
    }

    /** Product of two terms, summed over the labels that nobody needs later. */
    private static Term pair(Term left, Term right, Set<Integer> kept) {
        Set<Integer> leftNeeds = new HashSet<>(kept);
        leftNeeds.addAll(right.labels());
        Set<Integer> rightNeeds = new HashSet<>(kept);
        rightNeeds.addAll(left.labels());
        Term a = left.sumTo(leftNeeds);
        Term b = right.sumTo(rightNeeds);
        List<Integer> batch = a.labels().stream()
                .filter(l -> b.labels().contains(l) && kept.contains(l))
                .toList();
        List<Integer> summed = a.labels().stream()
                .filter(l -> b.labels().contains(l) && !kept.contains(l))
                .toList();
        List<Integer> rows =
                a.labels().stream().filter(l -> !b.labels().contains(l)).toList();
        List<Integer> columns =
                b.labels().stream().filter(l -> !a.labels().contains(l)).toList();
        Tensor x = a.ordered(join(batch, rows, summed));
        Tensor y = b.ordered(join(batch, summed, columns));
        Shape outer = x.shape().range(0, batch.size());
        Shape m = x.shape().range(batch.size(), batch.size() + rows.size());
        Shape k = y.shape().range(batch.size(), batch.size() + summed.size());
        Shape n = y.shape().range(batch.size() + summed.size(), y.rank());
        Tensor xs = x.reshape(join(outer, flat(m), flat(k)));
        Tensor ys = y.reshape(join(outer, flat(k), flat(n)));
        Tensor product = summed.isEmpty() ? xs.mul(ys) : xs.matmul(ys);
        return new Term(product.reshape(join(outer, m, n)), join(batch, rows, columns));
    }

    /**
     * Gives all axes of one label the same extent, and the operands with an ellipsis all of its axes that others have.
     */
    private void broadcast() {
        Map<Integer, Integer> extents = new HashMap<>();
        for (Term term : terms) {
            for (int i = 0; i < term.labels().size(); i++) {
                int extent = term.tensor().dim(i);
                int known = extents.getOrDefault(term.labels().get(i), 1);
                if (extent != known && extent != 1 && known != 1) {
                    throw wrong("one extent for each letter, got " + known + " and " + extent + " for '"
                            + (term.labels().get(i) < 0
                                    ? "..."
                                    : Character.toString(term.labels().get(i))) + "'");
                }
                extents.put(term.labels().get(i), extent == 1 ? known : extent);
            }
        }
        terms.replaceAll(term -> new Term(
                term.tensor()
                        .expandTo(Shape.of(
                                term.labels().stream().mapToInt(extents::get).toArray())),
                term.labels()));
    }

    /** A label twice becomes one: the diagonal of its two axes. */
    private Term diagonals(Tensor operand, List<Integer> named) {
        Tensor tensor = operand;
        List<Integer> labels = new ArrayList<>(named);
        for (int i = 0; i < labels.size(); i++) {
            int again = labels.lastIndexOf(labels.get(i));
            while (again > i) {
                if (tensor.dim(i) != tensor.dim(again)) {
                    throw wrong("equal extents where an operand repeats a letter, got " + operand.shape());
                }
                int last = tensor.rank() - 1;
                tensor = tensor.moveAxis(again, last)
                        .moveAxis(i, last)
                        .diagonal()
                        .moveAxis(-1, i);
                labels.subList(again, again + 1).clear();
                again = labels.lastIndexOf(labels.get(i));
            }
        }
        return new Term(tensor, List.copyOf(labels));
    }

    private List<Integer> labels(String text, int rank) {
        int dots = text.indexOf("...");
        String letters = text.replaceFirst("\\.\\.\\.", "");
        boolean fits = letters.chars().allMatch(c -> (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
                && (dots < 0 ? letters.length() == rank : letters.length() <= rank);
        if (!fits) {
            throw wrong("a letter for each axis, or ..., in '" + text + "'");
        }
        List<Integer> labels = new ArrayList<>(letters.chars().boxed().toList());
        for (int i = 1; dots >= 0 && i <= rank - letters.length(); i++) {
            labels.add(dots, -i);
        }
        return List.copyOf(labels);
    }

    /** The ellipsis, then the letters that occur once. */
    private static List<Integer> implied(String inputs, int dots) {
        Map<Integer, Integer> counts = new TreeMap<>();
        inputs.chars().filter(Character::isLetter).forEach(letter -> counts.merge(letter, 1, Integer::sum));
        List<Integer> labels = new ArrayList<>();
        for (int i = dots; i >= 1; i--) {
            labels.add(-i);
        }
        counts.forEach((letter, count) -> {
            if (count == 1) {
                labels.add(letter);
            }
        });
        return List.copyOf(labels);
    }

    private void checkOutput() {
        Set<Integer> known = new HashSet<>();
        terms.forEach(term -> known.addAll(term.labels()));
        if (!known.containsAll(output) || new HashSet<>(output).size() != output.size()) {
            throw wrong("letters of the operands, each once, after the arrow");
        }
    }

    private ShapeException wrong(String expected) {
        return new ShapeException("einsum: expected " + expected + ", got \"" + equation + "\" with "
                + operands.stream().map(operand -> operand.shape().toString()).toList()
                + "; one group of letters for each operand, separated by commas");
    }

    private static Shape flat(Shape shape) {
        return Shape.of(Math.toIntExact(shape.size()));
    }

    private static Shape join(Shape a, Shape b, Shape c) {
        Shape result = a;
        for (int dim : Stream.of(b, c)
                .flatMapToInt(shape -> java.util.Arrays.stream(shape.dims()))
                .toArray()) {
            result = result.insert(result.rank(), dim);
        }
        return result;
    }

    private static List<Integer> join(List<Integer> a, List<Integer> b, List<Integer> c) {
        return Stream.of(a, b, c).flatMap(List::stream).toList();
    }
}
