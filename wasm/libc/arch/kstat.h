/* Never filled by the kernel: 32-bit seconds make musl ask for statx, the only stat tabux has. */
struct kstat {
	dev_t st_dev;
	ino_t st_ino;
	mode_t st_mode;
	nlink_t st_nlink;
	uid_t st_uid;
	gid_t st_gid;
	dev_t st_rdev;
	off_t st_size;
	blksize_t st_blksize;
	blkcnt_t st_blocks;
	int st_atime_sec;
	int st_atime_nsec;
	int st_mtime_sec;
	int st_mtime_nsec;
	int st_ctime_sec;
	int st_ctime_nsec;
};
