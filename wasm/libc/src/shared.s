# In every shared library that our compiler links: the numbers of errors in it are Linux's (docs/abi.md).
	.section	.custom_section.tabux.errno,"",@
	.ascii	"linux"
