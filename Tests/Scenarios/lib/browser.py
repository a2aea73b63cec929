# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium, driven by Debian's chromium-driver and python3-selenium, and a few questions about accessibility."""

import base64
import os
import shutil
import sys

from scenario import REPOSITORY, finally_do, need, skip

SHOTS = REPOSITORY / ".build" / "screenshots"

# What a page must have to be read with a keyboard or a screen reader; returns what is missing.
AUDIT = """
const bad = [], all = s => [...document.querySelectorAll(s)];
if (!document.documentElement.lang) bad.push("html without lang");
if (!document.title) bad.push("no title");
if (all("h1").length !== 1) bad.push("not exactly one h1");
let level = 1;
for (const h of all("h1,h2,h3,h4")) {
  const n = +h.tagName[1];
  if (n > level + 1) bad.push("heading level skipped: " + h.textContent);
  level = n;
}
for (const m of ["main", "header", "footer"]) if (all(m).length !== 1) bad.push("not exactly one " + m);
for (const t of all("table")) {
  if (!t.caption || !t.caption.textContent.trim()) bad.push("table without caption");
  if (!t.tHead || [...t.tHead.querySelectorAll("th")].some(h => h.scope !== "col")) bad.push("column head without scope");
  for (const r of t.tBodies[0].rows) if (r.cells[0].tagName !== "TH" || r.cells[0].scope !== "row") bad.push("row without head");
  const widths = new Set([...t.rows].map(r => r.cells.length));
  if (widths.size !== 1) bad.push("rows of different length in " + t.caption.textContent);
}
for (const b of all("button,a")) if (!(b.getAttribute("aria-label") || b.textContent).trim()) bad.push("control without a name");
for (const s of all("svg")) if (s.getAttribute("role") !== "img" || !s.getAttribute("aria-label")) bad.push("chart without words");
for (const i of all("input:not([type=hidden])")) if (!i.labels || !i.labels.length) bad.push("field without label");
for (const r of all("[role=region]")) if (!document.getElementById(r.getAttribute("aria-labelledby"))) bad.push("region without name");
if (!all("[role=status]").length || !all("[role=alert]").length) bad.push("no live regions");
const ids = all("[id]").map(e => e.id);
if (new Set(ids).size !== ids.length) bad.push("ids that are not unique");
const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length > 3 && m[3] === 0 ? null : m; };
const luminance = c => { const v = c.slice(0, 3).map(x => { x /= 255; return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4 });
  return .2126 * v[0] + .7152 * v[1] + .0722 * v[2] };
const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c) return c } return [255, 255, 255] };
for (const e of all("th,td,dt,dd,p,a,button,h1,h2,small,span,li,figcaption,caption")) {
  if (!e.textContent.trim() || !e.offsetParent) continue;
  const a = luminance(parse(getComputedStyle(e).color) || [0, 0, 0]), b = luminance(ground(e));
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < 4.5) bad.push("contrast " + ratio.toFixed(2) + ": " + e.tagName + " " + e.textContent.trim().slice(0, 30));
}
return [...new Set(bad)];
"""


def use_debians_python():
    """Begins again under Debian's own Python where another one comes first: its packages are there."""
    debian = "/usr/bin/python3"
    if os.path.realpath(sys.executable) != os.path.realpath(debian) and os.access(debian, os.X_OK):
        os.execv(debian, [debian, *sys.argv])


class Browser:
    def __init__(self, width=1280, height=900, dark=False):
        need("chromium", "chromedriver")
        try:
            from selenium import webdriver
        except ImportError:
            skip("python3-selenium is not installed")
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
            options.add_argument(word)
        options.add_argument(f"--window-size={width},{height}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        finally_do(self.driver.quit)
        self.show(width, height, dark)

    def show(self, width, height=900, dark=False):
        scheme = "dark" if dark else "light"
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def open(self, url):
        self.driver.get(url)

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def text(self, selector):
        return self.script("const e = document.querySelector(arguments[0]); return e ? e.textContent : ''", selector)

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def audit(self):
        return self.script(AUDIT)

    def complaints(self):
        """What the browser wrote to its console: refused scripts, failed loads."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def shot(self, name):
        SHOTS.mkdir(parents=True, exist_ok=True)
        size = self.script("return [innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        path = SHOTS / f"{name}.png"
        path.write_bytes(base64.b64decode(picture["data"]))
        return path
