// Options and operands as GNU programs take them, and what they say of wrong ones.

/**
 * What a command knows of its options: for each its long name, perhaps a letter, and whether it
 * takes a value.
 * @typedef {{ name: string, letter?: string, value?: boolean }} Option
 *
 * @typedef {object} Parsed
 * @property {Record<string, string | true>} options By their long names.
 * @property {string[]} operands
 * @property {Uint8Array[]} rawOperands The same, exactly.
 */

/** A command line that cannot be understood: status 2, and a hint at --help. */
export class UsageError extends Error {
  /**
   * @param {string} command whose --help tells more
   * @param {string} message
   */
  constructor(command, message) {
    super(`${message}\nTry '${command} --help' for more information.`);
    this.name = "UsageError";
    this.status = 2;
  }
}

/**
 * Options may come after operands; "--" ends them, and "-" is an operand.
 * @param {string} command for messages
 * @param {string[]} words after the command's name
 * @param {Uint8Array[]} raw the same, as bytes
 * @param {Option[]} known
 * @returns {Parsed}
 * @throws {UsageError}
 */
export function parse(command, words, raw, known) {
  /** @type {Parsed} */
  const parsed = { options: {}, operands: [], rawOperands: [] };
  const wrong = (/** @type {string} */ message) => new UsageError(command, message);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === "--") {
      parsed.operands.push(...words.slice(i + 1));
      parsed.rawOperands.push(...raw.slice(i + 1));
      break;
    }
    if (word.startsWith("--")) {
      const [name, value] = splitAtEquals(word.slice(2));
      const option = findLong(command, name, known);
      if (!option.value) {
        if (value !== null) throw wrong(`option '--${option.name}' doesn't allow an argument`);
        parsed.options[option.name] = true;
        continue;
      }
      const given = value ?? words[++i];
      if (given === undefined) throw wrong(`option '--${option.name}' requires an argument`);
      parsed.options[option.name] = given;
    } else if (word.startsWith("-") && word.length > 1) {
      for (let at = 1; at < word.length; at++) {
        const letter = word[at];
        const option = known.find((option) => option.letter === letter);
        if (!option) throw wrong(`invalid option -- '${letter}'`);
        if (!option.value) {
          parsed.options[option.name] = true;
          continue;
        }
        const given = at + 1 < word.length ? word.slice(at + 1) : words[++i];
        if (given === undefined) throw wrong(`option requires an argument -- '${letter}'`);
        parsed.options[option.name] = given;
        break;
      }
    } else {
      parsed.operands.push(word);
      parsed.rawOperands.push(raw[i]);
    }
  }
  return parsed;
}

/** @param {string} text @returns {[string, string | null]} */
function splitAtEquals(text) {
  const at = text.indexOf("=");
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

/**
 * @param {string} command
 * @param {string} name or the beginning of one
 * @param {Option[]} known
 * @returns {Option}
 */
function findLong(command, name, known) {
  const exact = known.find((option) => option.name === name);
  if (exact) return exact;
  const candidates = name ? known.filter((option) => option.name.startsWith(name)) : [];
  if (candidates.length === 1) return candidates[0];
  if (candidates.length === 0) throw new UsageError(command, `unrecognized option '--${name}'`);
  const all = candidates.map((option) => `'--${option.name}'`).join(" ");
  throw new UsageError(command, `option '--${name}' is ambiguous; possibilities: ${all}`);
}

/**
 * @param {string} command
 * @param {string[]} operands
 * @param {number} fewest
 * @param {number} most
 * @param {string} what is missing, for the message
 * @throws {UsageError}
 */
export function count(command, operands, fewest, most, what) {
  if (operands.length < fewest) throw new UsageError(command, `missing ${what}`);
  if (operands.length > most) throw new UsageError(command, `extra operand '${operands[most]}'`);
}
