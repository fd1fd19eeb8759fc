// Modules that the build writes.

declare module "*/kernel/boot.json" {
  const files: import("./assets.js").BootFiles;
  export default files;
}
