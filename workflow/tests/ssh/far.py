"""A site whose launches go over ssh, to an account of a launch host on loopback."""

from workflow.tests.crash.conftest import Campaigns
from workflow.tests.crash.site import Site, pids, read
from workflow.tests.ssh.sshd import ACCOUNT, Sshd, setup_of


class FarSite(Site):
    """:ivar sshd: the launch host. The site's folder has to leave room for names of sockets."""

    def __init__(self, folder, settings=(), **others):
        self.sshd = Sshd(folder / "sshd", folder / "home")
        self.sshd.start()
        ours = {"POMS_SSH_CONFIG": self.sshd.config, "POMS_SSH_KNOWN_HOSTS": self.sshd.known_hosts}
        super().__init__(folder, {**ours, **dict(settings)}, **others)

    def launchers(self):
        """Return the pids of what launches: the shells beside us, and their ends of connections."""
        folder = str(self.folder / "launches").encode()
        return [pid for pid in pids() if folder in read(pid, "cwd")]

    def stop(self):
        self.sshd.stop()
        super().stop()


class OverSsh(Campaigns):
    """Runs of campaigns whose login setup leads to the launch host."""

    def make(self, name="crash", setup="true"):
        return super().make(name, self.setup(setup))

    def setup(self, also):
        """Return the line of a login setup that finds our programs there."""
        return f"{setup_of(self.site.folder, self.site.batch.root)}; {also}"

    def take(self, text):
        campaign = super().take(text)
        login = campaign.stages.first().login_setup
        login.launcher, login.launch_host, login.launch_account = "ssh", "127.0.0.1", ACCOUNT
        login.save()
        return campaign
