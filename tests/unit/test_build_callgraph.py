"""The call graph that decides what Asyncify instruments."""

from wasm.builder import callgraph

PROGRAM = """\
(module
 (type $0 (func))
 (import "tabux" "fork" (func $kernel_fork (result i32)))
 (import "tabux" "syscall" (func $syscall (param i32) (result i32)))
 (table $0 9 9 funcref)
 (elem $elem (i32.const 4) $handler $compare)
 (func $_Fork (result i32)
  (call $kernel_fork)
 )
 (func $make_child
  (drop
   (call $_Fork)
  )
 )
 (func $handler
  (call $make_child)
 )
 (func $compare (param i32)
  (nop)
 )
 (func $run_builtin (param $0 i32)
  (call_indirect $0 (type $0)
   (local.get $0)
  )
 )
 (func $qsort
  (call_indirect $0 (type $0)
   (i32.const 5)
  )
 )
 (func $sort
  (call $qsort)
 )
 (func $main
  (call $run_builtin
   (i32.const 4)
  )
 )
 (func $leaf
  (drop (call $syscall (i32.const 1)))
 )
)
"""


def graph() -> callgraph.CallGraph:
    return callgraph.parse(PROGRAM.splitlines(keepends=True))


def test_parse_finds_calls_table_and_fork() -> None:
    g = graph()
    assert g.fork == "kernel_fork"
    assert g.calls["make_child"] == {"_Fork"}
    assert g.calls["leaf"] == {"syscall"}
    assert g.indirect == {"run_builtin", "qsort"}
    assert {"handler", "compare"} <= g.table


def test_every_indirect_call_may_reach_a_function_in_the_table() -> None:
    reach = callgraph.reach_fork(graph(), frozenset())
    assert reach.indirect_callers == {"run_builtin", "qsort"}
    assert reach.functions == {"_Fork", "make_child", "handler", "run_builtin", "main", "qsort", "sort"}


def test_a_cut_ends_the_indirect_reach_of_a_function() -> None:
    reach = callgraph.reach_fork(graph(), frozenset({"qsort"}))
    assert reach.indirect_callers == {"run_builtin"}
    assert "sort" not in reach.functions
    assert "main" in reach.functions


def test_a_cut_does_not_hide_direct_calls() -> None:
    reach = callgraph.reach_fork(graph(), frozenset({"make_child", "handler", "qsort", "run_builtin"}))
    assert {"_Fork", "make_child", "handler"} == reach.functions


def test_a_thunk_counts_as_its_function() -> None:
    text = PROGRAM.replace("(func $qsort", "(func $byn$fpcast-emu$qsort").replace(
        "(call $qsort)", "(call $byn$fpcast-emu$qsort)"
    )
    g = callgraph.parse(text.splitlines(keepends=True))
    assert "sort" not in callgraph.reach_fork(g, frozenset({"qsort"})).functions


def test_without_the_import_nothing_forks() -> None:
    g = callgraph.parse(PROGRAM.replace('"fork"', '"other"').splitlines(keepends=True))
    assert callgraph.reach_fork(g, frozenset()).functions == frozenset()
