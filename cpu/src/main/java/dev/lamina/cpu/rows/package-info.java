/** Machine code that moves and adds whole rows: gather, scatter, running sums. */
@NullMarked
package dev.lamina.cpu.rows;

import org.jspecify.annotations.NullMarked;
