using Figment.Box.Supervision;

return BoxProcess.Run(Console.Error, TimeProvider.System);
