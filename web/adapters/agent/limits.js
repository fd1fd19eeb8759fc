/** What a tool for a model keeps of a command's output: 64 KB of its head and 64 KB of its tail. */
export const TOOL_OUTPUT_BYTES = 128 << 10;
