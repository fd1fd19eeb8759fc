"""git in the sandbox: what a session with a repository prints, to the names of the commits."""

from __future__ import annotations

import pytest

from .pages import SandboxPage

IDENTITY = {
    "GIT_AUTHOR_NAME": "A U Thor",
    "GIT_AUTHOR_EMAIL": "author@example.com",
    "GIT_AUTHOR_DATE": "2024-01-01T12:00:00Z",
    "GIT_COMMITTER_NAME": "A U Thor",
    "GIT_COMMITTER_EMAIL": "author@example.com",
    "GIT_COMMITTER_DATE": "2024-01-01T12:00:00Z",
}
#: two branches that changed the same line
DIVERGED = """
git init -q -b main r && cd r
printf '1\\n2\\n3\\n' > f && git add f && git commit -qm base
git switch -qc topic && sed -i s/2/two/ f && git commit -qam topic
git switch -q main && sed -i s/2/TWO/ f && git commit -qam main
"""


def git(sandbox: SandboxPage, script: str) -> str:
    """The output of a script that must succeed, in a directory of its own."""
    return sandbox.output(f"set -e; cd $(mktemp -d); {script}", envs=IDENTITY)


def test_the_first_commit(sandbox: SandboxPage) -> None:
    assert git(sandbox, "git init -q -b main; echo hello > f; git add f; git commit -m first; git log") == (
        "[main (root-commit) e9ec3cd] first\n"
        " 1 file changed, 1 insertion(+)\n"
        " create mode 100644 f\n"
        "commit e9ec3cd7e27a5bbd8ad09fb8ff824ab97eb3b750\n"
        "Author: A U Thor <author@example.com>\n"
        "Date:   Mon Jan 1 12:00:00 2024 +0000\n\n"
        "    first\n"
    )


def test_a_commit_needs_to_know_who(sandbox: SandboxPage) -> None:
    result = sandbox.run("cd $(mktemp -d); git init 2>&1 | head -n 1; git commit --allow-empty -m x")
    assert result["exitCode"] == 128
    assert result["stdout"] == (
        "hint: Using 'master' as the name for the initial branch. This default branch name\n"
    )
    assert "*** Please tell me who you are." in result["stderr"]


def test_a_merge_with_a_conflict(sandbox: SandboxPage) -> None:
    assert git(
        sandbox,
        DIVERGED
        + """
        git merge topic || echo status $?
        git status --short; cat f
        echo both > f; git add f; git commit -qm merged
        git log --graph --oneline
        """,
    ) == (
        "Auto-merging f\n"
        "CONFLICT (content): Merge conflict in f\n"
        "Automatic merge failed; fix conflicts and then commit the result.\n"
        "status 1\n"
        "UU f\n"
        "1\n<<<<<<< HEAD\nTWO\n=======\ntwo\n>>>>>>> topic\n3\n"
        "*   1883726 merged\n|\\  \n| * 3e09cb0 topic\n* | 5bfc508 main\n|/  \n* adf5f57 base\n"
    )


def test_a_rebase_with_a_conflict(sandbox: SandboxPage) -> None:
    assert git(
        sandbox,
        DIVERGED
        + """
        git switch -q topic; git rebase -q main 2> ../errors || echo status $?
        printf '1\\n2!\\n3\\n' > f; git add f; GIT_EDITOR=true git rebase --continue
        git log --oneline --graph
        """,
    ) == (
        "Auto-merging f\n"
        "CONFLICT (content): Merge conflict in f\n"
        "status 1\n"
        "[detached HEAD 6dfbd0d] topic\n"
        " 1 file changed, 1 insertion(+), 1 deletion(-)\n"
        "* 6dfbd0d topic\n* 5bfc508 main\n* adf5f57 base\n"
    )


def test_an_interactive_rebase_and_a_stash(sandbox: SandboxPage) -> None:
    assert git(
        sandbox,
        """
        git init -q -b main; for i in 1 2 3; do echo $i > f$i; git add .; git commit -qm "commit $i"; done
        echo changed > f1; git stash; git stash list
        GIT_SEQUENCE_EDITOR="sed -i '2s/pick/fixup/'" git rebase -q -i HEAD~2
        git stash pop -q; git status --short; git log --oneline --name-only
        """,
    ) == (
        "Saved working directory and index state WIP on main: 5b71d0a commit 3\n"
        "stash@{0}: WIP on main: 5b71d0a commit 3\n"
        " M f1\n"
        "3b0bfe6 commit 2\nf2\nf3\n"
        "fd62710 commit 1\nf1\n"
    )


@pytest.mark.parametrize("where", ["file://$PWD/r", "r", "$PWD/r"])
def test_a_clone_and_a_push(sandbox: SandboxPage, where: str) -> None:
    assert (
        git(
            sandbox,
            f"""
        git init -q --bare r; git clone -q {where} c 2> errors; cd c; git checkout -qb main
        seq 1000 > f; git add f; git commit -qm one; git push -q origin main
        cd ..; git -C r symbolic-ref HEAD refs/heads/main; git clone -q {where} d
        cd c; git commit -q --allow-empty -m two; git push -q origin main; cd ../d; git pull -q
        git log --oneline --decorate; wc -l f; git -C ../r fsck
        """,
        )
        == "e747495 (HEAD -> main, origin/main, origin/HEAD) two\n4095a08 one\n1000 f\n"
    )


def test_hooks_filters_and_aliases_are_programs(sandbox: SandboxPage) -> None:
    assert (
        git(
            sandbox,
            """
        git init -q -b main; git config alias.hi '!echo hi'; git hi there
        printf '#!/bin/sh\\necho no; exit 1\\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit
        git commit --allow-empty -m x 2>&1 || echo status $?
        git config filter.up.clean 'tr a-z A-Z'; echo 'f filter=up' > .gitattributes; echo text > f
        git add f; git show :f
        """,
        )
        == "hi there\nno\nstatus 1\nTEXT\n"
    )


def test_many_files(sandbox: SandboxPage) -> None:
    assert (
        git(
            sandbox,
            """
        git init -q -b main; mkdir d; for i in $(seq 1000); do echo $i > d/$i; done
        git add .; git commit -qm many; rm d/7; echo x > d/8; git status --short; git diff --shortstat
        git gc -q; git fsck; git grep -l '^99.$' | wc -l
        """,
        )
        == " D d/7\n M d/8\n 2 files changed, 1 insertion(+), 2 deletions(-)\n10\n"
    )
