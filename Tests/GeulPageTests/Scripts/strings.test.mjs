import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

const resources = new URL("../../../Sources/GeulPage/Resources/", import.meta.url);

/** The modules that export the strings of a view. */
const files = readdirSync(resources, { withFileTypes: true }).filter((entry) => entry.isDirectory()).flatMap((folder) => (
  readdirSync(new URL(`${folder.name}/`, resources)).map((name) => `${folder.name}/${name}`)))
  .filter((path) => /strings\.js$/i.test(path) && path !== "app/strings.js");

/** Returns the names of the values that a string contains. */
const valuesOf = (text) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort();

test("each view has its strings", () => assert.ok(files.length >= 5, String(files)));

for (const path of files) {
  test(`${path} has every string in English and in Korean, with the same values`, async () => {
    const [table] = Object.values(await import(new URL(path, resources)));
    assert.deepEqual(Object.keys(table), ["en", "ko"]);
    assert.ok(Object.keys(table.en).length > 0);
    assert.deepEqual(Object.keys(table.ko).sort(), Object.keys(table.en).sort());
    for (const [key, text] of Object.entries(table.en)) {
      assert.ok(text.trim() !== "" && table.ko[key].trim() !== "", key);
      assert.deepEqual(valuesOf(table.ko[key]), valuesOf(text), key);
    }
  });
}
