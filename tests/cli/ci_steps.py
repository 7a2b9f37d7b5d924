"""Runs a job of examples/ci as its CI would: each step as it stands, in the
current folder, with nothing in the environment but what the job sets.

  ci_steps.py github FILE JOB CONTEXT    prints the job's outputs as JSON
  ci_steps.py gitlab FILE JOB CONTEXT

CONTEXT is a JSON file: "env", what the runner sets (PATH, HOME, and what stands
for a login), and the values of expressions by their names, such as
"secrets.TOKEN". Another one is empty. Actions of others are not run. Ends with
the status of the step that failed.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

import yaml

BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]


def fill(text, values):
    def value(found):
        return str(values.get(found.group(1).strip(), ""))

    return re.sub(r"\$\{\{(.*?)\}\}", value, str(text))


def filled(table, values):
    return {k: fill(v, values) for k, v in (table or {}).items()}


def run(script, env):
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as f:
        f.write(script)
        f.flush()
        rc = subprocess.run(BASH + [f.name], env=env, check=False).returncode
    if rc:
        sys.exit(rc)


def lines(path):
    with open(path, encoding="utf-8") as f:
        return [x.rstrip("\n") for x in f]


class GitHub:
    def __init__(self, context, temp):
        self.values = context
        self.env = dict(context["env"], RUNNER_TEMP=temp, GITHUB_ACTIONS="true")
        for name in ("PATH", "OUTPUT", "STEP_SUMMARY"):
            self.env["GITHUB_" + name] = os.path.join(temp, name)
            open(self.env["GITHUB_" + name], "w", encoding="utf-8").close()

    def step(self, step, values):
        uses = step.get("uses", "")
        if uses.startswith("./"):
            # As it is copied: examples/ci/github is .github.
            with open(uses + "/action.yml", encoding="utf-8") as f:
                action = yaml.safe_load(f)
            given = filled(step.get("with"), values)
            inputs = {"inputs." + k: v for k, v in given.items()}
            for name, about in action["inputs"].items():
                assert not about.get("required") or name in given, name
            for one in action["runs"]["steps"]:
                self.step(one, dict(values, **inputs))
        if "run" not in step:
            return
        path = lines(self.env["GITHUB_PATH"])[::-1] + [self.env["PATH"]]
        env = dict(self.env, **filled(step.get("env"), values))
        run(fill(step["run"], values), dict(env, PATH=":".join(path)))
        for line in lines(self.env["GITHUB_OUTPUT"]):
            name, _, value = line.partition("=")
            self.values[f"steps.{step.get('id')}.outputs.{name}"] = value

    def job(self, job):
        for step in job["steps"]:
            self.step(step, self.values)
        print(json.dumps(filled(job.get("outputs"), self.values)))


def gitlab(doc, name, context):
    job = dict(doc[doc[name]["extends"]], **doc[name])
    env = dict(context["env"], GITLAB_CI="true")
    for key in job.get("id_tokens", {}):
        env[key] = context[key]
    for key, value in job["variables"].items():
        env[key] = re.sub(r"\$(\w+)", lambda m: env.get(m.group(1), ""), value)
    run("\n".join(job["before_script"] + job["script"]), env)


def main():
    kind, path, name, context = sys.argv[1:]
    with open(path, encoding="utf-8") as f:
        doc = yaml.safe_load(f)
    with open(context, encoding="utf-8") as f:
        values = json.load(f)
    if kind == "gitlab":
        gitlab(doc, name, values)
        return
    with tempfile.TemporaryDirectory() as temp:
        GitHub(values, temp).job(doc["jobs"][name])


main()
