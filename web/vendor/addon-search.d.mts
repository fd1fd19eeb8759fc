// The types of the module that the build copies here.
export * from "@xterm/addon-search";
