package dev.lamina.core;

/**
 * Elements and where they stood.
 *
 * @param values the elements, differentiable
 * @param indices their positions along the axis, i64, in the shape of the values
 */
public record ValuesAndIndices(Tensor values, Tensor indices) {}
