package dev.lamina.core.compiler;

import dev.lamina.core.backend.Task;
import java.util.List;

/**
 * A graph as tasks in order. Buffers are numbered: graph inputs, then graph outputs, then intermediate values.
 *
 * @param inputs number of graph inputs
 * @param outputs number of graph outputs
 * @param bytes size of each buffer
 * @param memory where the intermediate values are
 */
public record Lowered(List<Task> tasks, int inputs, int outputs, long[] bytes, MemoryPlan memory) {}
